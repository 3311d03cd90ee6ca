"""An ARI client as people write them: answer, play, hang up. Python's own library only.

python3 ari.py HOST USER PASSWORD APPLICATION SOUND. Says `ready` on standard error when it is connected.
"""

import asyncio
import base64
import json
import os
import sys
import urllib.parse

HOST, USER, PASSWORD, APPLICATION, SOUND = sys.argv[1:]
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PORT = 8088
idle = []


async def request(method, path):
    """One request on a kept connection, or on a new one if Asterisk has closed that."""
    while True:
        kept = bool(idle)
        reader, writer = idle.pop() if kept else await asyncio.open_connection(HOST, PORT)
        try:
            await exchange(reader, writer, method, path)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
            if not kept:
                raise
        else:
            idle.append((reader, writer))
            return


async def exchange(reader, writer, method, path):
    writer.write(f"{method} /ari/{path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {LOGIN}\r\nContent-Length: 0\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))


async def begin(channel):
    await request("POST", f"channels/{channel}/answer")
    await request("POST", f"channels/{channel}/play?media=" + urllib.parse.quote(f"sound:{SOUND}"))


async def frame(reader):
    """A frame of the server's, which masks nothing."""
    first, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2))
    elif length == 127:
        length = int.from_bytes(await reader.readexactly(8))
    return first & 15, await reader.readexactly(length)


async def serve():
    reader, writer = await asyncio.open_connection(HOST, PORT, limit=1 << 20)
    key = base64.b64encode(os.urandom(16)).decode()
    login = urllib.parse.quote(f"{USER}:{PASSWORD}")
    writer.write(
        f"GET /ari/events?app={APPLICATION}&api_key={login} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ari\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        sys.exit(head.decode())
    print("ready", file=sys.stderr, flush=True)
    tasks = set()

    def spawn(work):
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    text = b""
    while True:
        kind, part = await frame(reader)
        if kind == 8:
            return
        if kind == 9:
            writer.write(bytes([0x8A, 0x80 | len(part), 0, 0, 0, 0]) + part)
            continue
        text += part
        try:
            event = json.loads(text)
        except ValueError:
            continue
        text = b""
        if event["type"] == "StasisStart":
            spawn(begin(event["channel"]["id"]))
        elif event["type"] == "PlaybackFinished":
            spawn(request("DELETE", "channels/" + event["playback"]["target_uri"].removeprefix("channel:")))


asyncio.run(serve())
