"""Reports to who keeps the community, and when a post began to say what it says"""

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


def downgrade() -> None:
    op.drop_column("revisions", "replaced_at")
