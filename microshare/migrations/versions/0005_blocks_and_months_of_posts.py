"""The terms of a post tell its blocks of ids and its months too, for PostgreSQL.

Revision ID: 0005
Revises: 0004
"""
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As `search.tsquery` writes them.
TERMS = """
    UPDATE post_terms SET terms = terms || format(
        '''#%s'' ''%%%s'' ''^%s'' ''^%s''',
        to_hex(post_id >> 12), to_hex(post_id >> 16),
        to_char(to_timestamp(created_at / 1e6) AT TIME ZONE 'UTC', 'YYYY'),
        to_char(to_timestamp(created_at / 1e6) AT TIME ZONE 'UTC', 'YYYY-MM')
    )::tsvector
"""


def upgrade() -> None:
    with op.batch_alter_table('post_terms', schema=None) as batch_op:
        batch_op.drop_index('ix_post_terms_order')
    if op.get_bind().dialect.name == 'postgresql':
        # To make the index once is quicker than to change it for every post.
        op.drop_index('ix_post_terms_terms', 'post_terms')
        op.execute(TERMS)
        op.create_index('ix_post_terms_terms', 'post_terms', ['terms'], unique=False, postgresql_using='gin', postgresql_with={'fastupdate': 'off'})


def downgrade() -> None:
    with op.batch_alter_table('post_terms', schema=None) as batch_op:
        batch_op.create_index('ix_post_terms_order', ['post_id', 'created_at'], unique=False, postgresql_using='brin')
