"""Other names of tags, and searches that found nothing"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('missed_searches',
    sa.Column('words', sa.String(length=100), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('words')
    )
    op.create_table('tag_aliases',
    sa.Column('name', sa.String(length=500), nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.Column('set_by_id', sa.Integer(), nullable=False),
    sa.Column('set_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['set_by_id'], ['users.id']),
    sa.ForeignKeyConstraint(['tag_id'], ['tags.id']),
    sa.PrimaryKeyConstraint('name')
    )
    with op.batch_alter_table('tag_aliases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tag_aliases_tag_id'), ['tag_id'], unique=False)


def downgrade() -> None:
    op.drop_table('tag_aliases')
    op.drop_table('missed_searches')
