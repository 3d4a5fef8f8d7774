-- What the front page shows.

CREATE INDEX loans_not_returned ON loans (book_id) WHERE returned IS NULL;

CREATE VIEW shelf AS
SELECT books.id AS book_id, books.title, authors.name AS author,
       count(loans.id) AS lent,
       max(0, books.copies - sum(loans.id IS NOT NULL AND loans.returned IS NULL)) AS there
FROM books
JOIN authors ON authors.id = books.author_id
LEFT JOIN loans ON loans.book_id = books.id
GROUP BY books.id;
