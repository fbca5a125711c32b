// Package mqtt is as much of a client of MQTT 3.1.1 as trials and measurements of brokers need: each packet is sent and
// received by itself, and each answer is known beforehand.
package mqtt

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// Kinds of MQTT's packets.
const (
	Connect     = 1
	Connack     = 2
	Publish     = 3
	Puback      = 4
	Pubrec      = 5
	Pubrel      = 6
	Pubcomp     = 7
	Subscribe   = 8
	Suback      = 9
	Unsubscribe = 10
	Unsuback    = 11
	Pingreq     = 12
	Pingresp    = 13
	Disconnect  = 14
)

// A Client speaks MQTT 3.1.1 over one connection.
type Client struct {
	net.Conn        // for what is no whole packet; reading from it is the client's affair
	ID       uint16 // of the last packet that was sent and has one

	r *bufio.Reader
}

// patience is how long an answer is waited for. It is no measurement: only what fails waits that long.
const patience = 60 * time.Second

// An Unexpected is a packet that is not the one that was due, on a connection that goes on.
type Unexpected string

func (u Unexpected) Error() string { return string(u) }

func unexpectedf(format string, args ...any) error { return Unexpected(fmt.Sprintf(format, args...)) }

// A Packet is one that was received.
type Packet struct {
	Kind, Flags byte
	Body        []byte
}

// Message reads a PUBLISH; the id is 0 at QoS 0.
func (p Packet) Message() (topic string, id uint16, message string) {
	n := int(binary.BigEndian.Uint16(p.Body))
	topic, rest := string(p.Body[2:2+n]), p.Body[2+n:]
	if p.Flags>>1&3 > 0 {
		id, rest = binary.BigEndian.Uint16(rest), rest[2:]
	}
	return topic, id, string(rest)
}

func (p Packet) String() string {
	if p.Kind == Publish && len(p.Body) > 1 {
		topic, id, message := p.Message()
		return fmt.Sprintf("message %q %q, id %d, flags %04b", topic, message, id, p.Flags)
	}
	return fmt.Sprintf("packet %d, flags %04b, %x", p.Kind, p.Flags, p.Body)
}

// Text is a text within a packet.
func Text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

// Encode is a packet as it is sent.
func Encode(kind, flags byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return append(binary.AppendUvarint([]byte{kind<<4 | flags}, uint64(len(body))), body...)
}

// Flags of CONNECT.
const (
	Clean = 1 << 1
	Will  = 1 << 2
)

// Dial connects, and gives what the broker says. will is a topic and a message, or none.
func Dial(addr, name string, flags byte, will ...string) (*Client, Packet, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, Packet{}, err
	}
	m := &Client{Conn: c, r: bufio.NewReader(c)}
	body := append(Text("MQTT"), 4, flags, 0, 0)
	body = append(body, Text(name)...)
	for _, w := range will {
		body = append(body, Text(w)...)
	}
	var p Packet
	if err = m.Send(Connect, 0, body); err == nil {
		p, err = m.Receive()
	}
	if err == nil && (p.Kind != Connack || p.Body[1] != 0) {
		err = unexpectedf("%v for an answer to CONNECT", p)
	}
	if err != nil {
		c.Close()
		return nil, p, err
	}
	return m, p, nil
}

// Close closes a connection that has been made; without one there is nothing to do.
func (m *Client) Close() error {
	if m == nil {
		return nil
	}
	return m.Conn.Close()
}

// Send sends a packet that consists of parts.
func (m *Client) Send(kind, flags byte, parts ...[]byte) error {
	_, err := m.Conn.Write(Encode(kind, flags, parts...))
	return err
}

// Receive receives the next packet.
func (m *Client) Receive() (p Packet, err error) {
	if err := m.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return p, err
	}
	first, err := m.r.ReadByte()
	if err != nil {
		return p, err
	}
	n, err := binary.ReadUvarint(m.r)
	if err != nil {
		return p, err
	}
	p = Packet{Kind: first >> 4, Flags: first & 15, Body: make([]byte, n)}
	_, err = io.ReadFull(m.r, p.Body)
	return p, err
}

// Next is an id for a packet.
func (m *Client) Next() []byte {
	if m.ID++; m.ID == 0 {
		m.ID++
	}
	return binary.BigEndian.AppendUint16(nil, m.ID)
}

// Expect receives a packet of a kind about an id.
func (m *Client) Expect(kind byte, id []byte) error {
	p, err := m.Receive()
	if err == nil && (p.Kind != kind || len(p.Body) < len(id) || string(p.Body[:len(id)]) != string(id)) {
		err = unexpectedf("%v instead of packet %d about %x", p, kind, id)
	}
	return err
}

// Subscribe subscribes, and waits for the acknowledgement.
func (m *Client) Subscribe(topic string, qos byte) error {
	id := m.Next()
	if err := m.Send(Subscribe, 2, id, Text(topic), []byte{qos}); err != nil {
		return err
	}
	return m.Expect(Suback, append(id, qos))
}

// Unsubscribe takes that back.
func (m *Client) Unsubscribe(topic string) error {
	id := m.Next()
	if err := m.Send(Unsubscribe, 2, id, Text(topic)); err != nil {
		return err
	}
	return m.Expect(Unsuback, id)
}

// Flags of PUBLISH.
const (
	Retain = 1
	QoS1   = 1 << 1
	QoS2   = 2 << 1
)

// Publish publishes, and waits until the broker has taken over the message.
func (m *Client) Publish(topic, message string, flags byte) error {
	var id []byte
	if flags>>1 > 0 {
		id = m.Next()
	}
	if err := m.Send(Publish, flags, Text(topic), id, []byte(message)); err != nil {
		return err
	}
	switch flags >> 1 & 3 {
	case 1:
		return m.Expect(Puback, id)
	case 2:
		if err := m.Expect(Pubrec, id); err != nil {
			return err
		}
		if err := m.Send(Pubrel, 2, id); err != nil {
			return err
		}
		return m.Expect(Pubcomp, id)
	}
	return nil
}

// Take receives a message, and acknowledges it.
func (m *Client) Take() (topic, message string, err error) {
	p, err := m.Receive()
	if err != nil {
		return "", "", err
	}
	if p.Kind != Publish {
		return "", "", unexpectedf("%v instead of a message", p)
	}
	topic, id, message := p.Message()
	b := binary.BigEndian.AppendUint16(nil, id)
	switch p.Flags >> 1 & 3 {
	case 1:
		return topic, message, m.Send(Puback, 0, b)
	case 2:
		if err := m.Send(Pubrec, 0, b); err != nil {
			return "", "", err
		}
		if err := m.Expect(Pubrel, b); err != nil {
			return "", "", err
		}
		return topic, message, m.Send(Pubcomp, 0, b)
	}
	return topic, message, nil
}
