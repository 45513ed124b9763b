"""Asks Postern whether the sender of a request is allowed to do something. Needs only the standard library of Python 3.9 or later."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Optional


class PosternUnavailable(Exception):
    """Postern cannot decide now. Refuse the request with status 503."""


@dataclass(frozen=True)
class Decision:
    """The answer of Postern. Only `allowed` decides; identify the caller by `user` or `token`."""

    allowed: bool
    status: int
    code: Optional[str] = None
    reason: Optional[str] = None
    challenge: Optional[str] = None
    principal: Optional[str] = None
    user: Optional[str] = None
    token: Optional[str] = None
    workspace: Optional[str] = None
    role: Optional[str] = None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Treats a redirect as an error, because following it would send the secret to another address."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


class Postern:
    """A client for `/verify`. Decisions are not cached, so a revoked token is refused from the next request."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        self._url = url.rstrip("/") + "/verify"
        self._timeout = timeout

    def verify(self, authorization: Optional[str], **check: str) -> Decision:
        """Checks a request by its Authorization header.

        `check` has the parameters of /verify: operation, entityType, entityId, workspaceId, any.
        Raises PosternUnavailable if there is no decision.
        """
        query = urllib.parse.urlencode(check)
        request = urllib.request.Request(self._url + ("?" + query if query else ""))
        if authorization is not None:
            request.add_header("Authorization", authorization)
        try:
            with _opener.open(request, timeout=self._timeout) as response:
                return _allowed(response.status, response.headers)
        except urllib.error.HTTPError as error:
            return _refused(error)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise PosternUnavailable(str(error)) from error


def _allowed(status, headers) -> Decision:
    if status != 204:
        raise PosternUnavailable(f"unexpected status {status}")
    if "X-Postern-Principal" not in headers:
        raise PosternUnavailable("the answer names no caller, so another server sent it")
    return Decision(
        allowed=True,
        status=status,
        principal=headers.get("X-Postern-Principal"),
        user=headers.get("X-Postern-User"),
        token=headers.get("X-Postern-Token"),
        workspace=headers.get("X-Postern-Workspace"),
        role=headers.get("X-Postern-Role"),
    )


def _refused(error: urllib.error.HTTPError) -> Decision:
    if error.code not in (400, 401, 403, 429):
        raise PosternUnavailable(f"unexpected status {error.code}")
    try:
        extensions = json.loads(error.read())["errors"][0]["extensions"]
    except (ValueError, LookupError, TypeError):
        extensions = {}
    return Decision(
        allowed=False,
        status=error.code,
        code=extensions.get("code"),
        reason=extensions.get("reason"),
        challenge=error.headers.get("WWW-Authenticate"),
    )
