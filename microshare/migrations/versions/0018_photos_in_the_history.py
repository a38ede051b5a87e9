"""The photos that a post had before an edit"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of its own: a host of the version before still edits.
    op.add_column(
        "revisions", sa.Column("photos_json", sa.Text(), nullable=False, server_default="")
    )
    # What was edited before had the photos that it has now.
    revisions = sa.table("revisions", sa.column("post_id"), sa.column("photos_json"))
    posts = sa.table("posts", sa.column("id"), sa.column("photos_json"))
    now = sa.select(posts.c.photos_json).where(posts.c.id == revisions.c.post_id)
    op.execute(revisions.update().values(photos_json=now.scalar_subquery()))


def downgrade() -> None:
    op.drop_column("revisions", "photos_json")
