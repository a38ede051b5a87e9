"""Keys can be switched off"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of its own: a host of the version before still lets colleagues join.
    op.add_column(
        "users", sa.Column("keys_on", sa.Boolean(), server_default=sa.true(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("users", "keys_on")
