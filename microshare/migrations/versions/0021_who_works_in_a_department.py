"""Who works in a department, by name: an index in place of that of all who ever did"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WORKING = sa.text("suspended_at IS NULL AND maker_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_users_working",
        "users",
        ["department_id", "name", "id"],
        sqlite_where=WORKING,
        postgresql_where=WORKING,
    )
    op.drop_index("ix_users_department_id", table_name="users")


def downgrade() -> None:
    op.create_index("ix_users_department_id", "users", ["department_id"])
    op.drop_index("ix_users_working", table_name="users")
