// Command gateway is the service of the campaign.
package main

import "example.com/campaign/server"

func main() { server.Run("gateway") }
