//go:build upstarego

// Package upstare says how release 1 of example.com/nsqd becomes release 2.
package upstare

import (
	"sync"

	"example.com/nsqd/upstare/r2/is"
	"example.com/nsqd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.ChannelStats", "github.com/nsqio/nsq/nsqd.ChannelStats", func(o *was.Nsqd_ChannelStats, n *is.Nsqd_ChannelStats) {
		n.ClientCount = len(o.Clients)
	})
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.Options", "github.com/nsqio/nsq/nsqd.Options", func(o *was.Nsqd_Options, n *is.Nsqd_Options) {
		n.LogLevel = is.Lg_LogLevel(o.LogLevel_2)
	})
	// Who publishes is counted from now on. Clients that are there are not among the producers that
	// statistics list.
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.NSQD", "github.com/nsqio/nsq/nsqd.NSQD", func(o *was.Nsqd_NSQD, n *is.Nsqd_NSQD) {
		n.Clients = map[int64]is.Nsqd_Client{}
	})
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.clientV2", "github.com/nsqio/nsq/nsqd.clientV2", func(o *was.Nsqd_clientV2, n *is.Nsqd_clientV2) {
		n.PubCounts = map[string]uint64{}
	})
	framemap.Zero(m, "github.com/nsqio/nsq/nsqd.ClientStats", "PubCounts")
	framemap.Zero(m, "github.com/nsqio/nsq/nsqd.Topic", "messageBytes")
	framemap.Zero(m, "github.com/nsqio/nsq/nsqd.TopicStats", "MessageBytes")

	// Listening fails by an error now, which ends the program by way of Main. Main has returned.
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Main.func1", func(s *framemap.Stack, o *was.Nsqd_NSQD_Main_func1, n *is.Nsqd_NSQD_Main_func2) {
		n.ExitFunc = func(error) {}
		n.Result1 = nil
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Main.func2", func(s *framemap.Stack, o *was.Nsqd_NSQD_Main_func2, n *is.Nsqd_NSQD_Main_func3) {
		n.ExitFunc = func(error) {}
		n.Result1 = nil
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Main.func3", func(s *framemap.Stack, o *was.Nsqd_NSQD_Main_func3, n *is.Nsqd_NSQD_Main_func4) {
		n.ExitFunc = func(error) {}
		n.Result1 = nil
	})
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Main")
	framemap.Never(m, "example.com/nsqd.main", 7, 8, 12, 14)
	framemap.Locals(m, "example.com/nsqd.main", func(s *framemap.Stack, o *was.Main_main, n *is.Main_main) {
		n.Err = nil
		n.Once = new(sync.Once)
	})
	framemap.Accept(m, "example.com/nsqd.main", "n, err := nsqd.New(opts); if err != nil")

	// In these nobody stays: the update waits for who is there.
	framemap.Never(m, "github.com/nsqio/nsq/internal/auth.QueryAnyAuthd")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*clientV2).Identify")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*clientV2).SetOutputBufferSize")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*clientV2).SetOutputBufferTimeout")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*clientV2).QueryAuthd")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*httpServer).doStats")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).IOLoop", 17)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).PUB", 3, 4, 5, 6)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).MPUB", 2, 3, 4, 5)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).DPUB", 4, 5, 6, 7)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).SUB", 5)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.NewTopicStats")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).GetStats")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).PutMessage", 2)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).PutMessages")
}
