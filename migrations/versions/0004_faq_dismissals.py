"""faq dismissals

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('faq_dismissals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('business_id', sa.Integer(), nullable=False),
    sa.Column('lang', sa.String(length=10), nullable=False),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('faq_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_faq_dismissals_business_id_business'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['faq_id'], ['business_faqs.id'], name=op.f('fk_faq_dismissals_faq_id_business_faqs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_faq_dismissals')),
    sa.UniqueConstraint('business_id', 'lang', 'question', name='uq_faq_dismissals_business_id')
    )
    with op.batch_alter_table('faq_dismissals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_faq_dismissals_faq_id'), ['faq_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('faq_dismissals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_faq_dismissals_faq_id'))

    op.drop_table('faq_dismissals')
