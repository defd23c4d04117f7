// The end of a command that cannot go on: one sentence for what the operator can mend, a stack for a defect of ours.

export function fail(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  // What the operator can mend is a sentence; a defect shows where it happened.
  const isSentence =
    /^(?:OperatorError|ConfigError|SchemaTooNew|SchemaPending|SealError|TlsFilesError|ArchiveRefused)$/.test(error.name)
  // A file that is not there, or a disk that is full: what the system says names the file and what was done to it.
  const isOfFile = 'syscall' in error && 'path' in error
  process.stderr.write(`${isSentence || isOfFile ? error.message : (error.stack ?? error.message)}
`)
  process.exit(1)
}
