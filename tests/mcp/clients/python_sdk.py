"""The official Python SDK: every kind of request, once. Prints what came back as JSON.

usage: python_sdk.py MODE stdio PROGRAM DATABASE | MODE http URL TOKEN
"""

import asyncio
import json
import sys

import httpx2
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from mcp import Client

CALLS = json.loads(sys.stdin.read())


def target(kind: str, one: str, two: str):
    if kind == "stdio":
        return StdioServerParameters(command=one, args=["serve-mcp", "--db-path", two])
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {two}"}, timeout=60)
    return streamable_http_client(one, http_client=http)


async def main() -> None:
    mode, *where = sys.argv[1:]
    async with Client(target(*where), mode=mode) as client:
        tools = (await client.list_tools()).tools
        said = {
            "revision": client.protocol_version,
            "tools": [tool.name for tool in tools],
            "prompts": [prompt.name for prompt in (await client.list_prompts()).prompts],
            "calls": {},
        }
        listed = (await client.list_resources()).resources
        said["resources"] = [str(resource.uri) for resource in listed]
        pages = [await client.read_resource(str(resource.uri)) for resource in listed]
        said["pages"] = [len(page.contents[0].text) for page in pages]
        prompt = await client.get_prompt("what_is_slow", {"trace": "last"})
        said["prompt"] = prompt.messages[0].content.text
        for name, arguments in CALLS.items():
            result = await client.call_tool(f"breadcrumb__{name}", arguments)
            same = json.loads(result.content[0].text) == result.structured_content
            said["calls"][name] = {"error": result.is_error, "same": same}
        bad = await client.call_tool("breadcrumb__query_traces", {"sql": "DROP TABLE traces"})
        said["refused"] = bad.is_error
    print(json.dumps(said))


asyncio.run(main())
