"""Adds the token to every request: the conformance runner cannot send one. Prints its port.

usage: proxy.py PORT TOKEN
"""

import re
import socket
import sys
import threading

server, token = int(sys.argv[1]), sys.argv[2].encode()


def pump(source: socket.socket, to: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def serve(client: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return client.close()
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b":%d" % own, b":%d" % server)
    head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
    upstream = socket.create_connection(("127.0.0.1", server))
    upstream.sendall(
        head + b"\r\nConnection: close\r\nAuthorization: Bearer " + token + b"\r\n\r\n" + body
    )
    threading.Thread(target=pump, args=(client, upstream), daemon=True).start()
    pump(upstream, client)
    client.close()
    upstream.close()


listener = socket.create_server(("127.0.0.1", 0))
own = listener.getsockname()[1]
print(own, flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
