// The two image queries of crictl that kind asks of a node, over the CRI API.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const socket = "unix:///run/containerd/containerd.sock"

func main() {
	if err := answer(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crictl:", err)
		os.Exit(1)
	}
}

func answer(arguments []string) error {
	connection, err := grpc.NewClient(socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	images := runtime.NewImageServiceClient(connection)
	switch {
	case len(arguments) >= 2 && arguments[0] == "inspecti":
		return inspect(images, arguments[len(arguments)-1])
	case len(arguments) >= 1 && arguments[0] == "images":
		list, err := images.ListImages(context.Background(), &runtime.ListImagesRequest{})
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(list)
	}
	return fmt.Errorf("usage: crictl inspecti IMAGE | crictl images")
}

func inspect(images runtime.ImageServiceClient, name string) error {
	reply, err := images.ImageStatus(context.Background(), &runtime.ImageStatusRequest{
		Image: &runtime.ImageSpec{Image: name},
	})
	if err != nil {
		return err
	}
	if reply.Image == nil {
		return fmt.Errorf("no such image: %s", name)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"status": map[string]any{
		"id":          reply.Image.Id,
		"repoTags":    reply.Image.RepoTags,
		"repoDigests": reply.Image.RepoDigests,
		"size":        reply.Image.Size,
	}})
}
