"""Bearer tokens of this API: shown once when made, listed without themselves, revoked at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.tokens import MAX_TOKEN_NAME_CHARS, add_token, revoke_token
from server.api.access import caller, missing, needs
from server.api.fields import Input, has_controls
from server.api.paging import Page, PageQuery, cut_page, decode_cursor
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.errors import ConflictError
from server.models import ADMIN, OWNER, ApiToken, Business
from server.wiring import services

blueprint = new_resource("tokens", "Bearer tokens of this API.")

TOKENS = f"/businesses/{BUSINESS_ID}/tokens"
_ID = "<int(max=2147483647):token_id>"

MAX_TOKENS = 50
"""Tokens in force, of one business or of the owners."""


def _one_line(name: str) -> str:
    if has_controls(name) or not name.isprintable():
        raise ValueError("must be one line without control characters")
    return name


_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TOKEN_NAME_CHARS),
    AfterValidator(_one_line),
]


class TokensPath(BaseModel):
    """Whose tokens."""

    business_id: int = Field(description="Id of the business.")


class TokenPath(TokensPath):
    """Which token."""

    token_id: int = Field(description="Id of the token.")


class OwnerTokenPath(BaseModel):
    """Which token."""

    token_id: int = Field(description="Id of the token.")


class NewOwnerToken(Input):
    """A token that sees all businesses."""

    name: _Name = Field(description="What it is called in the audit log.", examples=["crm"])


class NewToken(NewOwnerToken):
    """A token of one business."""

    role: Literal["admin", "operator"] = Field(description="What it may do.")


class TokenView(BaseModel):
    """A token, without itself."""

    id: int
    name: str
    role: str
    business_id: int | None = Field(description="Null: all businesses.")
    created_at: datetime
    revoked_at: datetime | None


class TokenWithSecret(TokenView):
    """A token that was made just now."""

    token: str = Field(description="The token itself, shown this once.")


class TokenPage(Page):
    """A page of tokens, newest first, revoked ones included."""

    items: list[TokenView]


@blueprint.get(TOKENS, responses={200: TokenPage})
@needs(ADMIN)
def list_tokens(path: TokensPath, query: PageQuery) -> Response:
    """List the tokens of a business."""
    return answer(tokens_of(path.business_id, query))


@blueprint.post(TOKENS, responses=writing(TokenWithSecret, 201))
@needs(ADMIN)
def create_token(path: TokensPath, body: NewToken) -> Response:
    """Make a token of a business; the answer has it, and nothing has it again."""
    return answer(new_token(path.business_id, body.role, body), 201)


@blueprint.delete(f"{TOKENS}/{_ID}", responses={204: None})
@needs(ADMIN)
def revoke_business_token(path: TokenPath) -> Response:
    """Revoke a token of a business: it is refused from now on."""
    revoke(path.token_id, path.business_id)
    return no_content()


@blueprint.get("/tokens", responses={200: TokenPage})
@needs(OWNER)
def list_all_tokens(query: PageQuery) -> Response:
    """List the tokens of all businesses, and the owners' own (owners only)."""
    return answer(tokens_of(None, query))


@blueprint.post("/tokens", responses=writing(TokenWithSecret, 201))
@needs(OWNER)
def create_owner_token(body: NewOwnerToken) -> Response:
    """Make a token that sees all businesses (owners only)."""
    return answer(new_token(None, OWNER, body), 201)


@blueprint.delete(f"/tokens/{_ID}", responses={204: None})
@needs(OWNER)
def revoke_any_token(path: OwnerTokenPath) -> Response:
    """Revoke any token (owners only)."""
    revoke(path.token_id, None)
    return no_content()


def tokens_of(business_id: int | None, query: PageQuery) -> TokenPage:
    """Return a page of the tokens of a business; of all tokens where it is None."""
    wanted = select(ApiToken).order_by(ApiToken.id.desc())
    if business_id is not None:
        wanted = wanted.where(ApiToken.business_id == business_id)
    if query.cursor is not None:
        (token_id,) = decode_cursor(query.cursor, int)
        wanted = wanted.where(ApiToken.id < token_id)
    with services().database.read() as session:
        if business_id is not None and session.get(Business, business_id) is None:
            raise missing("business")
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.id,))
    items = [TokenView.model_validate(row, from_attributes=True) for row in page]
    return TokenPage(items=items, next_cursor=following)


def new_token(business_id: int | None, role: str, wanted: NewOwnerToken) -> TokenWithSecret:
    """Make a token of a business; where it is None, one that sees all.

    Raises:
        NotFoundError: there is no such business.
        ConflictError: there are too many.
    """
    with services().database.write() as session:
        in_force = session.scalar(
            select(func.count(ApiToken.id)).where(
                ApiToken.business_id == business_id
                if business_id is not None
                else ApiToken.business_id.is_(None),
                ApiToken.revoked_at.is_(None),
            )
        )
        if (in_force or 0) >= MAX_TOKENS:
            message = f"There are {MAX_TOKENS} tokens already; revoke some first."
            raise ConflictError(message, code="too_many_tokens")
        row, token = add_token(session, wanted.name, role, business_id, actor=caller().actor)
    view = TokenView.model_validate(row, from_attributes=True)
    return TokenWithSecret(**view.model_dump(), token=token)


def get_token(token_id: int, business_id: int | None) -> TokenView:
    """Return a token of a business; any token where it is None.

    Raises:
        NotFoundError: there is no such token.
    """
    with services().database.read() as session:
        return TokenView.model_validate(_row(session, token_id, business_id), from_attributes=True)


def revoke(token_id: int, business_id: int | None) -> None:
    """Revoke a token of a business; any token where it is None.

    Raises:
        NotFoundError: there is no such token.
    """
    with services().database.write() as session:
        _row(session, token_id, business_id)
        revoke_token(session, token_id, actor=caller().actor)


def _row(session: Session, token_id: int, business_id: int | None) -> ApiToken:
    row = session.get(ApiToken, token_id)
    if row is None or (business_id is not None and row.business_id != business_id):
        raise missing("token")
    return row
