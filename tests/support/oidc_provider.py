"""An OpenID Connect provider on this computer, for tests: it can lie in all the ways that a client has to notice."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "importer", "client-secret-of-the-test"


class Provider:
    """Lets one person in; ``claims`` replace those of its ID tokens, ``None`` leaves one out."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.answer: dict[str, str] = {}
        self.key: ECKey = ECKey.generate_key("P-256", {"kid": "1"})
        self.signs_with: ECKey | OctKey = self.key
        self.algorithm = "ES256"
        self.refuses = False
        self.sends_id_token = True
        self.codes: dict[str, dict[str, str]] = {}
        self.app = Flask("provider")
        self.app.get("/.well-known/openid-configuration")(self._describe)
        self.app.get("/authorize")(self._authorize)
        self.app.post("/token")(self._token)
        self.app.get("/jwks")(lambda: KeySet([self.key]).as_dict(private=False))

    def _describe(self) -> ResponseReturnValue:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            # An option of the HTTP client, which takes it from here unless it is left out.
            "default_timeout": 1e-9,
            **self.metadata,
        }

    def _authorize(self) -> ResponseReturnValue:
        asked = request.args
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        if self.refuses:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
        code = secrets.token_urlsafe()
        self.codes[code] = asked.to_dict()
        answer = {"code": code, "state": asked["state"], **self.answer}
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}")

    def _token(self) -> ResponseReturnValue:
        asked = self.codes.pop(request.form["code"], None)
        proof = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        login = request.authorization
        if (
            asked is None
            or asked["redirect_uri"] != request.form["redirect_uri"]
            or asked["code_challenge"] != base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
            or login is None
            or (login.username, login.password) != (CLIENT_ID, CLIENT_SECRET)
        ):
            abort(400)
        answer = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 60}
        if self.sends_id_token:
            answer["id_token"] = self._id_token(asked["nonce"])
        return jsonify(answer)

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        usual = {"iss": self.issuer, "sub": "person-1", "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": nonce}
        person = {"email": "Asha@Example.com", "email_verified": True}
        claims = {name: value for name, value in {**usual, **person, **self.claims}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signs_with.kid or "1"}
        if self.algorithm == "none":
            parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
            return b".".join((*parts, b"")).decode()
        return jwt.encode(header, claims, self.signs_with, algorithms=[self.algorithm])

    def sign_with_shared_secret(self) -> None:
        """Sign with the client's secret, which is no key of the provider."""
        self.signs_with, self.algorithm = OctKey.import_key(CLIENT_SECRET, {"kid": "1"}), "HS256"

    def sign_not_at_all(self) -> None:
        """Send tokens that anybody can make."""
        self.algorithm = "none"

    def sign_with_another_key(self) -> None:
        """Sign with a key of the same name that is not the provider's."""
        self.signs_with = ECKey.generate_key("P-256", {"kid": "1"})

    def change_key(self) -> None:
        """Replace the key, as providers do from time to time."""
        self.signs_with = self.key = ECKey.generate_key("P-256", {"kid": "2"})


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider while the block runs."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
