//go:build upstarego

// Package upstare says how release 1 of example.com/nsqd becomes release 2.
package upstare

import (
	"context"
	"net"
	"strconv"
	"sync"

	"example.com/nsqd/upstare/r2/is"
	"example.com/nsqd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The daemon was reached by a context.
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.Channel", "nsqd", "ctx.nsqd")
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.Topic", "nsqd", "ctx.nsqd")
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.clientV2", "nsqd", "ctx.nsqd")
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.httpServer", "nsqd", "ctx.nsqd")
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.protocolV2", "nsqd", "ctx.nsqd")
	framemap.Field(m, "github.com/nsqio/nsq/nsqd.tcpServer", "nsqd", "ctx.nsqd")

	framemap.Type(m, "github.com/nsqio/nsq/nsqd.NSQD", "github.com/nsqio/nsq/nsqd.NSQD", func(o *was.Nsqd_NSQD, n *is.Nsqd_NSQD) {
		n.Ctx, n.CtxCancel = context.WithCancel(context.Background())
		if n.TcpServer == nil {
			n.TcpServer = new(is.Nsqd_tcpServer)
		}
	})
	// It knows the server of its connections now, which only who accepts them did: that goroutine may wait, and come later.
	// Connections that are there are not known to it, so that they are not listed as producers, and not closed at exit.
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.tcpServer", "github.com/nsqio/nsq/nsqd.tcpServer", func(o *was.Nsqd_tcpServer, n *is.Nsqd_tcpServer) {
		n.Nsqd.TcpServer = n
	})
	framemap.Zero(m, "github.com/nsqio/nsq/nsqd.NSQD", "isExiting")
	framemap.Zero(m, "github.com/nsqio/nsq/nsqd.tcpServer", "conns")
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.Options", "github.com/nsqio/nsq/nsqd.Options", func(o *was.Nsqd_Options, n *is.Nsqd_Options) {
		n.BroadcastTCPPort, n.BroadcastHTTPPort = port(o.TCPAddress), port(o.HTTPAddress)
	})

	framemap.Locals(m, "github.com/nsqio/nsq/internal/protocol.TCPServer", func(s *framemap.Stack, o *was.Protocol_TCPServer, n *is.Protocol_TCPServer) {
		n.Wg = new(sync.WaitGroup)
	})
	framemap.Func(m, "github.com/nsqio/nsq/nsqd.(*tcpServer).Handle", "github.com/nsqio/nsq/nsqd.(*tcpServer).Handle", framemap.Points{3: 3, 12: 14})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*tcpServer).Handle", func(s *framemap.Stack, o *was.Nsqd_tcpServer_Handle, n *is.Nsqd_tcpServer_Handle) {
		framemap.Carry(s, &n.Conn, &o.ClientConn)
		if l, _ := framemap.Inner[was.Nsqd_protocolV2_IOLoop](s, "github.com/nsqio/nsq/nsqd.(*protocolV2).IOLoop"); l != nil {
			framemap.Carry(s, &n.Client, &l.Client)
		}
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.NewChannel.func1", func(s *framemap.Stack, o *was.Nsqd_NewChannel_func1, n *is.Nsqd_NewChannel_func1) {
		if s.Point() == 0 {
			framemap.Carry(s, &n.Nsqd, &o.Ctx.Nsqd)
		}
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.NewTopic.func1", func(s *framemap.Stack, o *was.Nsqd_NewTopic_func1, n *is.Nsqd_NewTopic_func1) {
		if s.Point() == 0 {
			framemap.Carry(s, &n.Nsqd, &o.Ctx.Nsqd)
		}
	})

	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Notify.func1", func(s *framemap.Stack, o *was.Nsqd_NSQD_Notify_func1, n *is.Nsqd_NSQD_Notify_func1) {
		n.Loading = !o.Persist
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).messagePump", func(s *framemap.Stack, o *was.Nsqd_protocolV2_messagePump, n *is.Nsqd_protocolV2_messagePump) {
		n.BackendMsgChan = o.BackendMsgChan
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*Topic).messagePump", func(s *framemap.Stack, o *was.Nsqd_Topic_messagePump, n *is.Nsqd_Topic_messagePump) {
		n.BackendChan = o.BackendChan
	})
	framemap.Locals(m, "github.com/nsqio/nsq/nsqd.(*NSQD).statsdLoop", func(s *framemap.Stack, o *was.Nsqd_NSQD_statsdLoop, n *is.Nsqd_NSQD_statsdLoop) {
		framemap.Carry(s, &n.LastStats.Topics, &o.LastStats)
	})
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).statsdLoop", 2, 6, 32)

	// In these nobody stays. Nobody has statistics of clients then.
	framemap.Type(m, "github.com/nsqio/nsq/nsqd.ClientStats", "github.com/nsqio/nsq/nsqd.ClientStats", func(o *was.Nsqd_ClientStats, n *is.Nsqd_ClientStats) {})
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Channel).flush")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Channel).PutMessage")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Channel).put")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*clientV2).QueryAuthd")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.newHTTPServer")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*httpServer).doStats")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.New")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Main", 1, 2)
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).GetTopic")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).Exit")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*NSQD).GetStats")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*protocolV2).SUB")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).getOrCreateChannel")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).DeleteExistingChannel")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).put")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).flush")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).exit")
	framemap.Never(m, "github.com/nsqio/nsq/nsqd.(*Topic).GenerateID")
}

// port is what the daemon tells others of an address that it listens on.
func port(addr string) int {
	_, p, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(p)
	return n
}
