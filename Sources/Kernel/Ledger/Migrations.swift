import Store

/// The ledger's schema.
///
/// `journal`, `transfer`, `mark`, `backdated` and `reversal` are history and refuse every change, and so does
/// `account`, which says whose an account is. But for what an account may not fall below and whether it is
/// frozen, `account_balance` and `hold` hold nothing that could not be derived from them again, which is what
/// the audit does.
package let ledgerMigrations: [Migration] = [
    Migration(
        "ledger-1",
        [
            account, journal, transfer, mark, backdated, hold, reversal,
            .sql(
                "CREATE UNIQUE INDEX journal_own ON journal (reference, kind) WHERE NOT is_foreign"
            ),
            .sql("CREATE INDEX journal_foreign ON journal (reference) WHERE is_foreign"),
            // Ended holds pile up; the questions asked on the way of money are about open ones.
            .sql(
                "CREATE INDEX hold_open_source ON hold (source, expires_at) WHERE status = 'open'"),
            .sql("CREATE INDEX hold_open_held ON hold (held, expires_at) WHERE status = 'open'"),
            .appendOnly("journal"), .appendOnly("transfer"), .appendOnly("mark"),
            .appendOnly("backdated"), .appendOnly("reversal"),
        ]),
    // Where this process alone writes, the keys of Kontor's own journals are kept by `JournalKeys`.
    Migration("ledger-2", [.sqlite("DROP INDEX journal_own"), journalKey, journalKeyPart]),
    // A commit writes the pages of all accounts that it touches: what changes lies close together. The old
    // table is renamed first, for on PostgreSQL that keeps everybody else from it until the end.
    Migration(
        "ledger-3",
        [
            .sql("ALTER TABLE account RENAME TO account_before"),
            accountAlone, accountBalance,
            .sql("INSERT INTO account SELECT id, address, currency FROM account_before"),
            .sql(
                """
                INSERT INTO account_balance
                SELECT id, floor, balance, entries, last_transfer, last_at, next_expiry, is_frozen
                FROM account_before
                """),
            .sql("DROP TABLE account_before"),
            .appendOnly("account"),
        ]),
]

private let account = DDL.table(
    "account",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    address TEXT UNIQUE NOT NULL,
    currency TEXT NOT NULL,
    floor BIGINT,
    balance BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    last_transfer BIGINT,
    last_at BIGINT NOT NULL,
    next_expiry BIGINT,
    is_frozen BOOLEAN NOT NULL,
    CHECK (floor IS NULL OR balance >= floor)
    """)

/// Whose an account is, without what has moved to `account_balance`.
private let accountAlone = DDL.table(
    "account",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    address TEXT UNIQUE NOT NULL,
    currency TEXT NOT NULL
    """)

/// The running state of the account with the same id, and beside it the floor that it is checked against.
private let accountBalance = DDL.table(
    "account_balance",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    floor BIGINT,
    balance BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    last_transfer BIGINT,
    last_at BIGINT NOT NULL,
    next_expiry BIGINT,
    is_frozen BOOLEAN NOT NULL,
    CHECK (floor IS NULL OR balance >= floor)
    """)

/// `first_transfer` and `last_transfer` bound where a journal's transfers are found by primary key.
private let journal = DDL.table(
    "journal",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    is_foreign BOOLEAN NOT NULL,
    actor TEXT,
    memo TEXT,
    at BIGINT NOT NULL,
    effective_at BIGINT,
    first_transfer BIGINT NOT NULL,
    last_transfer BIGINT NOT NULL
    """)

/// Which journal may have which key; see `JournalKeys`.
private let journalKey = DDL.sqlite(
    """
    CREATE TABLE journal_key (
        hash INTEGER NOT NULL,
        journal INTEGER NOT NULL,
        PRIMARY KEY (hash, journal)
    ) STRICT, WITHOUT ROWID
    """)

/// Up to which journal `journal_key` has the keys of a part.
private let journalKeyPart = DDL.sqlite(
    """
    CREATE TABLE journal_key_part (
        part INTEGER PRIMARY KEY NOT NULL,
        through INTEGER NOT NULL,
        written INTEGER NOT NULL
    ) STRICT
    """)

private let transfer = DDL.table(
    "transfer",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    journal BIGINT NOT NULL,
    at BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    debit BIGINT NOT NULL,
    debit_balance BIGINT NOT NULL,
    debit_previous BIGINT,
    credit BIGINT NOT NULL,
    credit_balance BIGINT NOT NULL,
    credit_previous BIGINT,
    CHECK (amount > 0 AND debit <> credit)
    """)

private let mark = DDL.table(
    "mark",
    """
    account BIGINT NOT NULL,
    at BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    transfer BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    PRIMARY KEY (account, at, entry)
    """)

/// The few entries that count from another time than they were posted at.
private let backdated = DDL.table(
    "backdated",
    """
    account BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    transfer BIGINT NOT NULL,
    at BIGINT NOT NULL,
    change BIGINT NOT NULL,
    expiry BOOLEAN NOT NULL,
    PRIMARY KEY (account, effective_at, transfer)
    """)

/// What was undone of a journal, by which other journal, part by part.
private let reversal = DDL.table(
    "reversal",
    """
    journal BIGINT NOT NULL,
    number BIGINT NOT NULL,
    reversal BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (journal, number),
    CHECK (number > 0 AND amount > 0)
    """)

private let hold = DDL.table(
    "hold",
    """
    id BIGINT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    held TEXT NOT NULL,
    target TEXT,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    reference TEXT NOT NULL,
    journal BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    expires_at BIGINT,
    status TEXT NOT NULL,
    captured BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK (amount > 0 AND captured >= 0 AND captured <= amount)
    """)
