"""A word a week in the digest, and leave from it"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_words",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["written_by_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("week"),
    )
    op.add_column("users", sa.Column("digest_from", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "digest_from")
    op.drop_table("digest_words")
