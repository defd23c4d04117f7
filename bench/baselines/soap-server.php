<?php
// Baseline (b): PHP's SoapServer with mysqli, a transaction a call, as many processes as there are cores. Same WSDL,
// tables and durability; the status belongs to the address, and each change leaves the same rows. It has no replays, no
// chain of hashes, no fan-out in pieces and no limits. With DATABASE unset it answers without a store.

define('USER', getenv('BENCH_USER'));
define('KEY', getenv('BENCH_KEY'));

final class Service
{
    private bool $isSigned = false;

    public function __construct(private ?mysqli $database)
    {
    }

    public function AuthenticationHeader(object $header): void
    {
        $expected = hash_hmac('sha1', $header->requestTimestamp . $header->mktowsUserId, KEY);
        $this->isSigned = $header->mktowsUserId === USER && hash_equals($expected, $header->requestSignature);
    }

    public function syncLead(object $params): array
    {
        if (!$this->isSigned) {
            throw new SoapFault('SOAP-ENV:Client', '20014 - Authentication failed');
        }
        $record = $params->leadRecord;
        $flag = 0;
        $attributes = $record->leadAttributeList->attribute ?? [];
        foreach (is_array($attributes) ? $attributes : [$attributes] as $attribute) {
            if ($attribute->attrName === 'Unsubscribed') {
                $flag = $attribute->attrValue === '1' ? 1 : 0;
            }
        }
        [$id, $isNew] = $this->database === null ? [1, false] : $this->save($record, $flag);
        $status = ['leadId' => $id, 'status' => $isNew ? 'CREATED' : 'UPDATED', 'error' => null];
        return ['result' => ['leadId' => $id, 'syncStatus' => $status]];
    }

    private function save(object $record, int $flag): array
    {
        $key = strtolower(trim($record->Email));
        $at = (int) (microtime(true) * 1000);
        $this->database->begin_transaction();
        $status = $this->row('select unsubscribed, version from email_status where address_key = ? for update', [$key]);
        $person = $this->row('select id from people where address_key = ?', [$key]);
        if ($person === null) {
            $this->run(
                'insert into people (address_key, address, address_seq, own_unsubscribed, partition_name, fields, '
                . "created_at, saved_at, updated_at) values (?, ?, 0, 0, 'Default', '{}', ?, ?, ?)",
                [$key, $record->Email, $at, $at, $at],
            );
            $id = $this->database->insert_id;
        } else {
            $id = $person['id'];
            $this->run('update people set saved_at = ?, updated_at = ? where id = ?', [$at, $at, $id]);
        }
        $this->run(
            'insert into log (command_id, at, kind, actor, source, person_id, detail, detail_hash, previous_hash, '
            . "hash) values (?, ?, 'save-person', ?, 'SOAP API', ?, ?, '', '', '')",
            [bin2hex(random_bytes(16)), $at, USER, $id, json_encode($record)],
        );
        $seq = $this->database->insert_id;
        if ($status === null || (int) $status['unsubscribed'] !== $flag) {
            $version = ($status['version'] ?? 0) + 1;
            $sql = $status === null
                ? 'insert into email_status (version, unsubscribed, reason, source, actor, seq, since, people, '
                    . 'address_key) values (?, ?, ?, ?, ?, ?, ?, 1, ?)'
                : 'update email_status set version = ?, unsubscribed = ?, reason = ?, source = ?, actor = ?, seq = ?, '
                    . 'since = ? where address_key = ?';
            $this->run($sql, [$version, $flag, 'SOAP API', 'SOAP API', USER, $seq, $at, $key]);
            $this->run(
                'insert into status_history (address_key, version, unsubscribed, at, reason, source, actor, seq) '
                . 'values (?, ?, ?, ?, ?, ?, ?, ?)',
                [$key, $version, $flag, $at, 'SOAP API', 'SOAP API', USER, $seq],
            );
            $this->run(
                'insert into activities (seq, at, person_id, kind, attribute, from_value, to_value, reason, source, '
                . "status_version) values (?, ?, ?, 'value-changed', 'Unsubscribed', ?, ?, ?, ?, ?)",
                [$seq, $at, $id, 1 - $flag, $flag, 'SOAP API', 'SOAP API', $version],
            );
        }
        $this->database->commit();
        return [$id, $person === null];
    }

    private function run(string $sql, array $values): mysqli_stmt
    {
        // Statements of a connection that outlives the request cannot be kept by it.
        $statement = $this->database->prepare($sql);
        $statement->execute($values);
        return $statement;
    }

    private function row(string $sql, array $values): ?array
    {
        return $this->run($sql, $values)->get_result()->fetch_assoc();
    }
}

$database = null;
if (getenv('DATABASE') !== false) {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $database = new mysqli(
        'p:' . getenv('DATABASE_HOST'), // kept by the worker from one request to the next
        getenv('DATABASE_USER'),
        getenv('DATABASE_PASSWORD'),
        getenv('DATABASE'),
        (int) getenv('DATABASE_PORT'),
    );
    $database->query('set session transaction isolation level read committed');
}
$server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_BOTH]);
$server->setObject(new Service($database));
$server->handle(file_get_contents('php://input'));
