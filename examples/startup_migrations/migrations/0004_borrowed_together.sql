-- For "who borrowed this also borrowed": how many pairs of loans by one member each pair of books has. This compares
-- every loan with every other loan of its member, and so is the slow one.

CREATE TABLE borrowed_together (
    book_id  INTEGER NOT NULL REFERENCES books (id),
    other_id INTEGER NOT NULL REFERENCES books (id),
    members  INTEGER NOT NULL,
    loans    INTEGER NOT NULL,
    PRIMARY KEY (book_id, other_id)
) WITHOUT ROWID;

INSERT INTO borrowed_together (book_id, other_id, members, loans)
SELECT mine.book_id, other.book_id, count(DISTINCT mine.member_id), count(*)
FROM loans AS mine JOIN loans AS other USING (member_id)
WHERE mine.book_id <> other.book_id
GROUP BY mine.book_id, other.book_id;
