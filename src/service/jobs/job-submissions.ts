// Commands of a job on their way through the group commit: each under a name of its own, so that whoever carries the
// job on finds what was answered before. It knows answers; what they mean for a row it does not know.

import type { Cause, Command, Policy } from '../../domain/command.js'
import { StoreUnavailable } from '../ports.js'
import { isPassing } from '../writes/background.js'
import type { GroupCommit } from '../writes/group-commit.js'
import { type Answer, namedReplay, type Replay, type Submission } from '../writes/submission.js'

/** An answer that says what became of the command. */
export type JobAnswer = Exclude<Answer, { readonly type: 'in-progress' | 'key-reused' }>

export const defectSentence = 'an error in this server; its log has the cause'

export class JobSubmissions {
  submitted = 0
  readonly #jobId: number
  readonly #writes: Pick<GroupCommit, 'submitAll'>
  readonly #atOnceMax: number

  constructor(jobId: number, writes: Pick<GroupCommit, 'submitAll'>, atOnceMax: number) {
    this.#jobId = jobId
    this.#writes = writes
    this.#atOnceMax = atOnceMax
  }

  /** `name` is the same whenever and by whomever this part of the job is carried out. */
  replay(name: string): Replay {
    return namedReplay('system', `import\u0000${this.#jobId} ${name}`, name)
  }

  make(command: Command, name: string | null, { cause, policy }: { cause: Cause; policy: Policy }): Submission {
    return { command, cause, policy, replay: name === null ? { type: 'none' } : this.replay(name) }
  }

  /** In order. Throws where trying all of it again may help; the other errors belong to their own command. */
  async submitAll(submissions: readonly Submission[]): Promise<readonly (JobAnswer | Error)[]> {
    const answers: (Answer | Error)[] = []
    for (let start = 0; start < submissions.length; start += this.#atOnceMax) {
      const some = submissions.slice(start, start + this.#atOnceMax)
      this.submitted += some.length
      answers.push(...(await this.#writes.submitAll(some)))
    }
    const passing = answers.find(isPassing)
    if (passing !== undefined) throw passing
    return answers.map(answer => (answer instanceof Error ? answer : withoutKeyTrouble(answer)))
  }

  async submit(submission: Submission): Promise<JobAnswer> {
    const [answer] = await this.submitAll([submission])
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('a submission got no answer')
    return answer
  }
}

function withoutKeyTrouble(answer: Answer): JobAnswer {
  switch (answer.type) {
    case 'in-progress':
      throw new StoreUnavailable('another run of this job is at the same rows')
    case 'key-reused':
      throw new Error('a part of a job has the name of another one')
    default:
      return answer
  }
}
