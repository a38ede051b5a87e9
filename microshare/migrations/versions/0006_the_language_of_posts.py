"""The language of posts, so that they are spoken in it"""

import sqlalchemy as sa
from alembic import op

from microshare import spoken

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 5000  # posts


def upgrade() -> None:
    op.add_column('posts', sa.Column('language', sa.String(length=2), nullable=False, server_default=''))
    posts = sa.table('posts', *map(sa.column, ('id', 'line', 'note', 'language')))
    change = posts.update().where(posts.c.id == sa.bindparam('post'))
    last, connection = 0, op.get_bind()
    columns = (posts.c.id, posts.c.line, posts.c.note)
    while rows := connection.execute(
        sa.select(*columns).where(posts.c.id > last).order_by(posts.c.id).limit(BATCH)
    ).all():
        found = [{'post': i, 'said': spoken.of(f'{line}\n{note}')} for i, line, note in rows]
        if known := [row for row in found if row['said']]:
            connection.execute(change.values(language=sa.bindparam('said')), known)
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_column('posts', 'language')
