# Python 3.9 or newer: WEBHOOK_SECRET=whsec_… python3 receiver.py
import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

key = base64.b64decode(os.environ.get("WEBHOOK_SECRET", "").removeprefix("whsec_"))
if not key:
    raise SystemExit("Set WEBHOOK_SECRET: without it, anybody could sign")
port = int(os.environ.get("PORT", "3000"))


def is_signed(headers, body):
    """Whether the platform has signed this, within the last five minutes."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    signatures = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in signatures)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        signed = is_signed(self.headers, body)
        self.send_response(200 if signed else 401)
        self.send_header("content-length", "0")
        self.end_headers()
        if signed:
            event = json.loads(body)
            print(f"{event['type']} {event['subject']['id']}\n", end="", flush=True)


print(f"listening at http://127.0.0.1:{port}", flush=True)
ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
