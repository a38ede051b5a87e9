"""What a reader thanked for, in the order in which it was: the index on who thanked goes on with it"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_thanks_giver_at", "thanks", ["giver_id", "given_at"])
    op.drop_index("ix_thanks_giver_id", table_name="thanks")


def downgrade() -> None:
    op.create_index("ix_thanks_giver_id", "thanks", ["giver_id"])
    op.drop_index("ix_thanks_giver_at", table_name="thanks")
