// Package ginkgo owns its cluster: it creates it, builds, deploys, tests and deletes it again.
package ginkgo

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	image = "suite-manager:e2e"
	proxy = "/api/v1/namespaces/suite-system/services/manager:80/proxy/greet?name="
)

var cluster = os.Getenv("KIND_CLUSTER")

func run(name string, arguments ...string) {
	command := exec.Command(name, arguments...)
	command.Dir = "../.."
	command.Stdout, command.Stderr = GinkgoWriter, GinkgoWriter
	ExpectWithOffset(1, command.Run()).To(Succeed(), name+" "+strings.Join(arguments, " "))
}

func greet(name string) (string, error) {
	out, err := exec.Command("kubectl", "get", "--raw", proxy+name).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "suite")
}

var _ = SynchronizedBeforeSuite(func() {
	create := []string{"create", "cluster", "--name", cluster}
	if node := os.Getenv("KIND_IMAGE"); node != "" {
		create = append(create, "--image", node)
	}
	run("kind", create...)
	run("docker", "build", "--build-arg", "GOLANG="+os.Getenv("GOLANG"), "-t", image, ".")
	run("kind", "load", "docker-image", image, "--name", cluster)
	run("kubectl", "apply", "-f", "deploy")
	run("kubectl", "-n", "suite-system", "rollout", "status", "deployment/manager", "--timeout=120s")
}, func() {})

var _ = SynchronizedAfterSuite(func() {}, func() {
	run("kind", "delete", "cluster", "--name", cluster)
})

var _ = Describe("manager", func() {
	for _, name := range []string{"world", "Ada", "Bob", "Eve"} {
		It("greets "+name, func() {
			Expect(greet(name)).To(Equal(fmt.Sprintf("Hello, %s.", name)))
		})
	}
	It("greets nobody", func() {
		_, err := greet("")
		Expect(err).To(HaveOccurred())
	})
})
