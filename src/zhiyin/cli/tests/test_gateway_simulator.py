"""``zhiyin gateway-simulator``, as a process."""

import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

from click.testing import CliRunner

from zhiyin.cli.gateway_simulator import gateway_simulator_command
from zhiyin.cli.main import exit_code


def test_it_says_where_it_is_and_ends_on_ctrl_c():
    command = [sys.executable, "-m", "zhiyin.cli", "gateway-simulator", "--port", "0", "--smpp-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.match(r"(http://127\.0\.0\.1:\d+/)  SMPP 127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found
        with urlopen(found[1], timeout=5) as page:
            assert "网关模拟器" in page.read().decode()
        socket.create_connection(("127.0.0.1", int(found[2])), 5).close()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_port_that_is_taken_and_a_callback_that_is_none(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert exit_code(["gateway-simulator", "--port", port, "--smpp-port", "0"]) == 2
    assert "--port" in capsys.readouterr().err
    answer = CliRunner().invoke(gateway_simulator_command, ["--callback", "aliyun"])
    assert answer.exit_code == 2
    assert "DIALECT=URL" in answer.output
