"""The client of fastmcp, as python_sdk.py."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

CALLS = json.loads(sys.stdin.read())


def target(kind: str, one: str, two: str):
    if kind == "stdio":
        return StdioTransport(command=one, args=["serve-mcp", "--db-path", two])
    return StreamableHttpTransport(one, headers={"Authorization": f"Bearer {two}"})


async def main() -> None:
    _, *where = sys.argv[1:]
    async with Client(target(*where)) as client:
        listed = await client.list_resources()
        said = {
            "revision": "",
            "tools": [tool.name for tool in await client.list_tools()],
            "prompts": [prompt.name for prompt in await client.list_prompts()],
            "resources": [str(resource.uri) for resource in listed],
            "pages": [len((await client.read_resource(one.uri))[0].text) for one in listed],
            "calls": {},
        }
        prompt = await client.get_prompt("what_is_slow", {"trace": "last"})
        said["prompt"] = prompt.messages[0].content.text
        for name, arguments in CALLS.items():
            result = await client.call_tool(f"breadcrumb__{name}", arguments, raise_on_error=False)
            same = json.loads(result.content[0].text) == result.structured_content
            said["calls"][name] = {"error": result.is_error, "same": same}
        bad = await client.call_tool(
            "breadcrumb__query_traces", {"sql": "DROP TABLE traces"}, raise_on_error=False
        )
        said["refused"] = bad.is_error
    print(json.dumps(said))


asyncio.run(main())
