-- The members, and what they borrowed in the years before there was this database.

CREATE TABLE members (
    id     INTEGER PRIMARY KEY,
    card   TEXT NOT NULL UNIQUE,
    joined TEXT NOT NULL CHECK (joined IS date(joined))
);

CREATE TABLE loans (
    id        INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id),
    book_id   INTEGER NOT NULL REFERENCES books (id),
    lent      TEXT    NOT NULL,
    returned  TEXT    CHECK (lent <= returned)
);

WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 2500)
INSERT INTO members (id, card, joined)
SELECT n, printf('L-%05d', n), date('2019-01-01', (n * 37 % 1400) || ' days') FROM counted;

-- The multipliers are only there to spread the loans over books and days; every run makes the same ones.
WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < 69999),
    spread (n, member_id, book_id, day) AS (
        SELECT n, n / 28 + 1, (n * 7919 + n / 28 * n / 13) % 36 + 1, n * 31 % 1500 FROM counted
    )
INSERT INTO loans (member_id, book_id, lent, returned)
SELECT member_id, book_id, date('2019-02-01', day || ' days'),
       CASE WHEN n % 1699 = 0 THEN NULL ELSE date('2019-02-01', (day + 3 + n % 25) || ' days') END
FROM spread;

CREATE INDEX loans_by_member ON loans (member_id, book_id);
CREATE INDEX loans_by_book ON loans (book_id);
