-- The catalogue: who wrote what, and how many copies there are.

CREATE TABLE authors (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE,
    born INTEGER NOT NULL,
    died INTEGER CHECK (born < died)
);

CREATE TABLE books (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    title     TEXT    NOT NULL,
    published INTEGER NOT NULL,
    copies    INTEGER NOT NULL DEFAULT 1 CHECK (0 <= copies),
    UNIQUE (author_id, title)
);

CREATE INDEX books_by_title ON books (title);
