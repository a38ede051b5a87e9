"""Who has taken the first steps"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('users', sa.Column('welcomed_at', UtcDateTime(), nullable=True))
    # Who was there before knows the way.
    op.execute('UPDATE users SET welcomed_at = created_at')


def downgrade() -> None:
    op.drop_column('users', 'welcomed_at')
