"""The mail door"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of its own: a host of the version before still lets colleagues join.
    op.add_column(
        "users", sa.Column("mail_epoch", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "door_letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("from_key", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_door_letters_from_key_at", "door_letters", ["from_key", "at"])
    op.create_index("ix_door_letters_user_id_state", "door_letters", ["user_id", "state"])
    op.create_index("ix_door_letters_state_at", "door_letters", ["state", "at"])
    op.create_table(
        "door_answers",
        sa.Column("address_key", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_key"),
    )


def downgrade() -> None:
    op.drop_table("door_answers")
    op.drop_table("door_letters")
    op.drop_column("users", "mail_epoch")
