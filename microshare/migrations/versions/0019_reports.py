"""Reports to who manages the community, and since when a post says what it says"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a value where it is not known: when the post was edited tells it then.
    op.add_column("revisions", sa.Column("replaced_at", UtcDateTime(), nullable=True))
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=10), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["about_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["settled_by_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reports_settled_at", "reports", ["settled_at"])
    op.create_index(
        "ix_reports_reporter_id_created_at", "reports", ["reporter_id", "created_at"]
    )
    op.create_table(
        "report_posts",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"]),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"]),
        sa.PrimaryKeyConstraint("report_id", "post_id"),
    )
    op.create_index(op.f("ix_report_posts_post_id"), "report_posts", ["post_id"])


def downgrade() -> None:
    op.drop_table("report_posts")
    op.drop_table("reports")
    op.drop_column("revisions", "replaced_at")
