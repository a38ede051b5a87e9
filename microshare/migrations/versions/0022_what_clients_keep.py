"""What clients keep for a colleague, and the page of the client that a post came by"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of its own: a host of the version before still publishes.
    op.add_column("posts", sa.Column("via_page", sa.String(200), server_default="", nullable=False))
    op.create_table(
        "marks",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("owner_id", "kind", "target_id"),
    )


def downgrade() -> None:
    op.drop_table("marks")
    op.drop_column("posts", "via_page")
