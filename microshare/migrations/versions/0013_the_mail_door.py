"""The mail door"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of its own: a host of the version before still lets colleagues join.
    op.add_column(
        "users", sa.Column("mail_epoch", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("users", "mail_epoch")
