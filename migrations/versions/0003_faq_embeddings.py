"""vectors of prepared answers, and settings changed at run time

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('system_settings',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_system_settings'))
    )
    op.create_table('faq_embeddings',
    sa.Column('faq_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('business_id', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(length=120), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('vectors', sa.LargeBinary(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_faq_embeddings_business_id_business'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['faq_id'], ['business_faqs.id'], name=op.f('fk_faq_embeddings_faq_id_business_faqs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('faq_id', name=op.f('pk_faq_embeddings'))
    )
    with op.batch_alter_table('faq_embeddings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_faq_embeddings_business_id'), ['business_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('faq_embeddings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_faq_embeddings_business_id'))

    op.drop_table('faq_embeddings')
    op.drop_table('system_settings')
