// Command cart is another service, of another main package.
package main

import "example.com/campaign/server"

func main() { server.Run("cart") }
