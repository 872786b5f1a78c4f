"""ClickHouse's HTTP interface in front of chDB, its engine in a wheel: one question at a time, on loopback.

    python -m scripts.distributed.clickhouse_stand_in PASSWORD     prints its port, serves until it is stopped

Only what the product uses of the protocol: the text in the body, parameters in the address, an error's code in a
header.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import chdb

_CODE = re.compile(r"Code: (\d+)\.")
USER = "zhiyin"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    password = ""

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = (self.headers.get("X-ClickHouse-User"), self.headers.get("X-ClickHouse-Key"))
        if given != (USER, self.password):
            self._answer(403, "Code: 516. DB::Exception: Authentication failed", code="516")
            return
        pairs = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        bound = {name.removeprefix("param_"): value for name, value in pairs if name.startswith("param_")}
        try:
            found = chdb.query(text, "JSONCompactEachRowWithNamesAndTypes", params=bound).bytes().decode()
        except chdb.ChdbError as failed:
            code = _CODE.search(str(failed))
            self._answer(500, str(failed), code=code[1] if code else "1")
            return
        self._answer(200, found)

    def _answer(self, status: int, text: str, *, code: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: a question is no news."""


def main(password: str) -> None:
    Handler.password = password
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
