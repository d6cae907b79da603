"""What is said and written in films can be found."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "film_texts",
        sa.Column("number", number, primary_key=True),
        sa.Column("archive_id", sa.String(36), sa.ForeignKey("archives.id"), nullable=False, unique=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("moments", sa.JSON(), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        # Our tokens, as they are: nothing is folded or told apart once more. Which column, not where in it.
        op.execute(
            "create virtual table film_tokens using fts5(people, said, detail=column, prefix='1 2 3', "
            "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
        )
        return
    op.execute("create table film_tokens (number bigint primary key, people tsvector, said tsvector)")
    op.execute("create index ix_film_tokens_people on film_tokens using gin (people)")
    op.execute("create index ix_film_tokens_said on film_tokens using gin (said)")


def downgrade() -> None:
    op.execute("drop table film_tokens")
    op.drop_table("film_texts")
