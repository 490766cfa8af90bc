// The official Go SDK, as python_sdk.py; MODE is the revision that it asks for.
//
// usage: client MODE stdio PROGRAM DATABASE | MODE http URL TOKEN
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type outcome struct {
	Error bool `json:"error"`
	Same  bool `json:"same"`
}

type said struct {
	Revision  string             `json:"revision"`
	Tools     []string           `json:"tools"`
	Prompts   []string           `json:"prompts"`
	Resources []string           `json:"resources"`
	Pages     []int              `json:"pages"`
	Prompt    string             `json:"prompt"`
	Calls     map[string]outcome `json:"calls"`
	Refused   bool               `json:"refused"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// bearer adds the token to each request.
type bearer string

func (token bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(request)
}

func target(kind, one, two string) mcp.Transport {
	if kind == "stdio" {
		return &mcp.CommandTransport{Command: exec.Command(one, "serve-mcp", "--db-path", two)}
	}
	return &mcp.StreamableClientTransport{Endpoint: one, HTTPClient: &http.Client{Transport: bearer(two)}}
}

func call(ctx context.Context, session *mcp.ClientSession, name string, given any) outcome {
	const firstStructured = "2025-06-18"
	result := must(session.CallTool(ctx, &mcp.CallToolParams{Name: "breadcrumb__" + name, Arguments: given}))
	var text any
	if err := json.Unmarshal([]byte(result.Content[0].(*mcp.TextContent).Text), &text); err != nil {
		return outcome{Error: result.IsError}
	}
	if session.InitializeResult().ProtocolVersion < firstStructured {
		return outcome{Error: result.IsError, Same: result.StructuredContent == nil}
	}
	return outcome{Error: result.IsError, Same: reflect.DeepEqual(text, result.StructuredContent)}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	mode, kind, one, two := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	var calls map[string]map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&calls); err != nil {
		panic(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session := must(client.Connect(ctx, target(kind, one, two), &mcp.ClientSessionOptions{ProtocolVersion: mode}))
	defer session.Close()
	answer := said{Revision: session.InitializeResult().ProtocolVersion, Calls: map[string]outcome{}}
	for _, tool := range must(session.ListTools(ctx, nil)).Tools {
		answer.Tools = append(answer.Tools, tool.Name)
	}
	for _, prompt := range must(session.ListPrompts(ctx, nil)).Prompts {
		answer.Prompts = append(answer.Prompts, prompt.Name)
	}
	for _, resource := range must(session.ListResources(ctx, nil)).Resources {
		answer.Resources = append(answer.Resources, resource.URI)
		page := must(session.ReadResource(ctx, &mcp.ReadResourceParams{URI: resource.URI}))
		answer.Pages = append(answer.Pages, len(page.Contents[0].Text))
	}
	asked := mcp.GetPromptParams{Name: "what_is_slow", Arguments: map[string]string{"trace": "last"}}
	answer.Prompt = must(session.GetPrompt(ctx, &asked)).Messages[0].Content.(*mcp.TextContent).Text
	for name, given := range calls {
		answer.Calls[name] = call(ctx, session, name, given)
	}
	answer.Refused = call(ctx, session, "query_traces", map[string]any{"sql": "DROP TABLE traces"}).Error
	fmt.Println(string(must(json.Marshal(answer))))
}
