"""Searches that are followed, and what they found"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('saved_searches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(length=500), nullable=False),
    sa.Column('zone', sa.String(length=50), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=False),
    sa.Column('filled_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('words', 'zone')
    )
    op.create_table('unmatched',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    op.create_table('finds',
    sa.Column('search_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id']),
    sa.ForeignKeyConstraint(['search_id'], ['saved_searches.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('search_id', 'post_id')
    )
    op.create_index(op.f('ix_finds_post_id'), 'finds', ['post_id'], unique=False)


def downgrade() -> None:
    op.drop_table('finds')
    op.drop_table('unmatched')
    op.drop_table('saved_searches')
