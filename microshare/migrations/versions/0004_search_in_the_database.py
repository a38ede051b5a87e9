"""Search in the database: the terms of every post, for PostgreSQL.

Revision ID: 0002
Revises: 0001
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('post_terms',
    sa.Column('post_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('analysis', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('terms', postgresql.TSVECTOR().with_variant(sa.Text(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('post_id')
    )
    with op.batch_alter_table('post_terms', schema=None) as batch_op:
        batch_op.create_index('ix_post_terms_terms', ['terms'], unique=False, postgresql_using='gin', postgresql_with={'fastupdate': 'off'})
        batch_op.create_index('ix_post_terms_analysis', ['analysis'], unique=False)
        batch_op.create_index('ix_post_terms_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_post_terms_order', ['post_id', 'created_at'], unique=False, postgresql_using='brin')
    if op.get_bind().dialect.name == 'postgresql':
        # So many words are told apart when searches are planned and ranked.
        op.execute('ALTER TABLE post_terms ALTER COLUMN terms SET STATISTICS 1000')
        # What an index in a folder knew is taken into the table by the worker.
        op.execute('UPDATE posts SET indexed_version = 0')


def downgrade() -> None:
    op.drop_table('post_terms')
