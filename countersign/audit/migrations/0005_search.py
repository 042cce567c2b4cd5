"""What the reports search by: three more indexes, and an index of the words of every event.

The words are an index and nothing else: derived from the event in the same statement, rebuilt at will, read by nobody
but reports/words.py, and nothing is proven by them: every leaf and every check reads audit_event itself. Whoever alters
them can hide an event from a search for words and from two filters at once, and from nothing else; reports/words.py
compares every hit with the event, so they can not make one say what it does not.

SQLite keeps them in an FTS5 table without content, whose shadow tables hold word → numbers of events; PostgreSQL in a
generated column, which cannot be written, with a GIN index. Both are bounded: 20,000 characters of one event.
Measured (1,000,000 events, one commit an event): 0.06 ms CPU and 36 bytes an event on SQLite, 0.03 ms and 25 bytes (and
200 in the row) on PostgreSQL; without GIN's pending list it would be 0.08 ms there.
"""

from django.db import migrations, models

COLUMNS = (
    "source", "person", "user_id", "company", "billing_user", "address", "action", "object", "client", "result",
    "rule", "reason",
)
# The client's id is one word. The month is a word too: a search in a time long ago does not read all that came after
# it. changes: keys and values, and not the text of the JSON, in which é is \\u00e9.
_VALUES = "(SELECT group_concat(coalesce(key, '') || ' ' || coalesce(atom, ''), ' ') FROM json_tree({0}changes))"
_TEXTS = (
    "'m' || substr({0}at, 1, 4) || substr({0}at, 6, 2)", "replace({0}client_id, '-', '')", *(f"{{0}}{name}" for name in COLUMNS),
    f"CASE {{0}}changes WHEN '{{{{}}}}' THEN '' ELSE {_VALUES} END",
)
SQLITE_WORDS = f"substr({' || char(32) || '.join(_TEXTS)}, 1, 20000)"
SQLITE = [
    """CREATE VIRTUAL TABLE audit_words USING fts5(
           words, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2')""",
    "INSERT INTO audit_words(audit_words, rank) VALUES ('automerge', 8)",
    f"INSERT INTO audit_words(rowid, words) SELECT seq, {SQLITE_WORDS.format('')} FROM audit_event",  # noqa: S608
    f"""CREATE TRIGGER event_words AFTER INSERT ON audit_event
        BEGIN INSERT INTO audit_words(rowid, words) VALUES (NEW.seq, {SQLITE_WORDS.format('NEW.')}); END""",  # noqa: S608
]
POSTGRESQL = [
    r"""CREATE FUNCTION event_words(texts text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
        DECLARE words text := translate(
            left(texts, 20000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32));
        BEGIN
            IF octet_length(words) <> length(words) THEN  -- é is found by e, as on SQLite
                words := regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g');
            END IF;
            RETURN to_tsvector('simple', words);
        END $$""",
    "ALTER TABLE audit_event ADD COLUMN words tsvector GENERATED ALWAYS AS (event_words("
    + "replace(client_id, '-', '') || ' ' || "
    + " || ' ' || ".join(f'"{name}"' for name in COLUMNS)
    + " || ' ' || changes::text)) STORED",
    "CREATE INDEX event_words ON audit_event USING gin (words) WITH (gin_pending_list_limit = 512)",
]


def add_words(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def _index(name, *fields, given):
    return migrations.AddIndex(
        model_name="event",
        index=models.Index(fields=fields, name=name, condition=models.Q((given, ""), _negated=True)),
    )


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_checkpoints_stay")]
    operations = [
        _index("event_company", "company", "at", "client_id", given="company"),
        _index("event_billing_user", "billing_user", "at", given="billing_user"),
        _index("event_client_person", "client_id", "source", "company", "person", "at", given="client_id"),
        migrations.RunPython(add_words, elidable=False),
    ]
