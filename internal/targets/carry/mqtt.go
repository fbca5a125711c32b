package main

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
	mqttConnect     = 1
	mqttConnack     = 2
	mqttPublish     = 3
	mqttPuback      = 4
	mqttPubrec      = 5
	mqttPubrel      = 6
	mqttPubcomp     = 7
	mqttSubscribe   = 8
	mqttSuback      = 9
	mqttUnsubscribe = 10
	mqttUnsuback    = 11
	mqttPingreq     = 12
	mqttPingresp    = 13
	mqttDisconnect  = 14
)

// An mqtt speaks MQTT 3.1.1 over one connection.
type mqtt struct {
	c  net.Conn
	r  *bufio.Reader
	id uint16 // of the last packet that was sent
}

// A packet is one that was received.
type packet struct {
	kind, flags byte
	body        []byte
}

// topic, id and message are a PUBLISH's; the id is 0 at QoS 0.
func (p packet) message() (topic string, id uint16, message string) {
	n := int(binary.BigEndian.Uint16(p.body))
	topic, rest := string(p.body[2:2+n]), p.body[2+n:]
	if p.flags>>1&3 > 0 {
		id, rest = binary.BigEndian.Uint16(rest), rest[2:]
	}
	return topic, id, string(rest)
}

func (p packet) String() string {
	if p.kind == mqttPublish && len(p.body) > 1 {
		topic, id, message := p.message()
		return fmt.Sprintf("message %q %q, id %d, flags %04b", topic, message, id, p.flags)
	}
	return fmt.Sprintf("packet %d, flags %04b, %x", p.kind, p.flags, p.body)
}

func mqttText(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

// mqttPacket is a packet as it is sent.
func mqttPacket(kind, flags byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return append(binary.AppendUvarint([]byte{kind<<4 | flags}, uint64(len(body))), body...)
}

const (
	mqttClean = 1 << 1
	mqttWill  = 1 << 2
)

// dialMQTT connects, and gives what the broker says. will is a topic and a message, or none.
func dialMQTT(addr, name string, flags byte, will ...string) (*mqtt, packet, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, packet{}, err
	}
	m := &mqtt{c: c, r: bufio.NewReader(c)}
	body := append(mqttText("MQTT"), 4, flags, 0, 0)
	body = append(body, mqttText(name)...)
	for _, w := range will {
		body = append(body, mqttText(w)...)
	}
	var p packet
	if err = m.send(mqttConnect, 0, body); err == nil {
		p, err = m.receive()
	}
	if err == nil && (p.kind != mqttConnack || p.body[1] != 0) {
		err = wrongf("%v for an answer to CONNECT", p)
	}
	if err != nil {
		c.Close()
		return nil, p, err
	}
	return m, p, nil
}

func (m *mqtt) close() {
	if m != nil {
		m.c.Close()
	}
}

func (m *mqtt) send(kind, flags byte, parts ...[]byte) error {
	_, err := m.c.Write(mqttPacket(kind, flags, parts...))
	return err
}

func (m *mqtt) receive() (p packet, err error) {
	if err := m.c.SetReadDeadline(time.Now().Add(patience)); err != nil {
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
	p = packet{kind: first >> 4, flags: first & 15, body: make([]byte, n)}
	_, err = io.ReadFull(m.r, p.body)
	return p, err
}

// next is an id for a packet.
func (m *mqtt) next() []byte {
	if m.id++; m.id == 0 {
		m.id++
	}
	return binary.BigEndian.AppendUint16(nil, m.id)
}

// expect receives a packet of a kind about an id.
func (m *mqtt) expect(kind byte, id []byte) error {
	p, err := m.receive()
	if err == nil && (p.kind != kind || len(p.body) < len(id) || string(p.body[:len(id)]) != string(id)) {
		err = wrongf("%v instead of packet %d about %x", p, kind, id)
	}
	return err
}

func (m *mqtt) subscribe(topic string, qos byte) error {
	id := m.next()
	if err := m.send(mqttSubscribe, 2, id, mqttText(topic), []byte{qos}); err != nil {
		return err
	}
	return m.expect(mqttSuback, append(id, qos))
}

func (m *mqtt) unsubscribe(topic string) error {
	id := m.next()
	if err := m.send(mqttUnsubscribe, 2, id, mqttText(topic)); err != nil {
		return err
	}
	return m.expect(mqttUnsuback, id)
}

const (
	mqttRetain = 1
	mqttQoS1   = 1 << 1
	mqttQoS2   = 2 << 1
)

// publish publishes, and waits until the broker has taken over the message.
func (m *mqtt) publish(topic, message string, flags byte) error {
	var id []byte
	if flags>>1 > 0 {
		id = m.next()
	}
	if err := m.send(mqttPublish, flags, mqttText(topic), id, []byte(message)); err != nil {
		return err
	}
	switch flags >> 1 & 3 {
	case 1:
		return m.expect(mqttPuback, id)
	case 2:
		if err := m.expect(mqttPubrec, id); err != nil {
			return err
		}
		if err := m.send(mqttPubrel, 2, id); err != nil {
			return err
		}
		return m.expect(mqttPubcomp, id)
	}
	return nil
}

// take receives a message, and acknowledges it.
func (m *mqtt) take() (topic, message string, err error) {
	p, err := m.receive()
	if err != nil {
		return "", "", err
	}
	if p.kind != mqttPublish {
		return "", "", wrongf("%v instead of a message", p)
	}
	topic, id, message := p.message()
	b := binary.BigEndian.AppendUint16(nil, id)
	switch p.flags >> 1 & 3 {
	case 1:
		return topic, message, m.send(mqttPuback, 0, b)
	case 2:
		if err := m.send(mqttPubrec, 0, b); err != nil {
			return "", "", err
		}
		if err := m.expect(mqttPubrel, b); err != nil {
			return "", "", err
		}
		return topic, message, m.send(mqttPubcomp, 0, b)
	}
	return topic, message, nil
}
