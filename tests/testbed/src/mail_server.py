"""A mail server for one test: server.py PORT [CERTIFICATE KEY WHEN]. With a certificate it asks for a login.

WHEN is `later` if it asks for STARTTLS, and `at-once` if all is encrypted from the beginning.

It knows everybody but nobody@."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        data = envelope.content.decode("utf-8", "replace")
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "login": bool(session.authenticated), "data": data}
        print(json.dumps(mail), file=sys.stderr, flush=True)
        return "250 OK"


def log_in(server, session, envelope, mechanism, login):
    return AuthResult(success=(login.login, login.password) == (b"strowger", b"secret"))


async def main():
    port, tls = int(sys.argv[1]), sys.argv[2:]
    options, encrypted = {}, {}
    if tls:
        *certificate, when = tls
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        options = dict(authenticator=log_in, auth_required=True)
        if when == "later":
            options |= dict(tls_context=context, require_starttls=True)
        else:
            options |= dict(auth_require_tls=False)
            encrypted = dict(ssl=context)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **options), "127.0.0.1", port, **encrypted)
    print("ready", file=sys.stderr, flush=True)
    await server.serve_forever()


asyncio.run(main())
