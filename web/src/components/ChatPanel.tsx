// What is written in a call, and the field to write in.
import { useEffect, useRef, useState, type KeyboardEvent, type UIEvent } from "react";
import type { Chat, Written } from "../room/Chat";
import { LONGEST_MESSAGE, withLinks } from "../room/messages";
import { texts } from "../texts";
import { useObservable } from "./hooks";
import { Icon } from "./Icon";
import { Panel } from "./Panel";
import "./ChatPanel.css";

/** Messages of one person that follow each other within this time stand under one name. */
const TOGETHER_MS = 120_000;

/** So near the last message counts as there. */
const END_PX = 40;

const timeText = (at: number) => new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(at);

export default function ChatPanel({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const t = texts.chat;
  const { messages } = useObservable(chat.view);
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);

  useEffect(() => {
    chat.read(true);
    return () => chat.read(false);
  }, [chat]);

  // Whoever reads above stays there; what one has written oneself is shown.
  useEffect(() => {
    if (atEnd.current || messages.at(-1)?.mine) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages]);
  const noteScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent<HTMLElement>) => {
    atEnd.current = scrollHeight - scrollTop - clientHeight < END_PX;
  };

  const send = () => {
    if (text.trim() === "") return;
    chat.send(text).then(
      () => {
        setText("");
        setFailed(false);
      },
      () => setFailed(true),
    );
  };
  const onKey = (event: KeyboardEvent) => {
    // Not the Enter that ends a composition, as in Japanese.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <Panel title={t.title} testId="chat-panel" onClose={onClose}>
      {messages.length === 0 ? (
        <div className="chat-empty">
          <p>{t.empty}</p>
          <p>{t.recorded}</p>
        </div>
      ) : (
        <ol className="chat-list" ref={list} tabIndex={0} onScroll={noteScroll} aria-label={t.title}>
          {messages.map((message, n) => (
            <Message key={message.id} message={message} alone={!continues(messages[n - 1], message)} />
          ))}
        </ol>
      )}
      {failed && (
        <p className="chat-failed" role="alert">
          {t.failed}
        </p>
      )}
      <form
        className="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          rows={1}
          value={text}
          maxLength={LONGEST_MESSAGE}
          placeholder={t.write}
          aria-label={t.write}
          data-testid="chat-text"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
        />
        <button type="submit" className="round chat-send" aria-label={t.send} title={t.send} data-testid="chat-send">
          <Icon name="send" size={20} />
        </button>
      </form>
    </Panel>
  );
}

function continues(before: Written | undefined, message: Written): boolean {
  return before?.name === message.name && before.mine === message.mine && message.at - before.at < TOGETHER_MS;
}

function Message({ message, alone }: { message: Written; alone: boolean }) {
  const { text, name, at, mine } = message;
  return (
    <li className={alone ? "chat-message chat-alone" : "chat-message"} data-testid="chat-message">
      {alone && (
        <p className="chat-head">
          <b>{mine ? texts.call.you : name || texts.call.guest}</b>
          <time dateTime={new Date(at).toISOString()}>{timeText(at)}</time>
        </p>
      )}
      <p className="chat-text">
        {withLinks(text).map((part, n) =>
          part.href !== null ? (
            <a key={n} href={part.href} target="_blank" rel="noreferrer noopener">
              {part.text}
            </a>
          ) : (
            part.text
          ),
        )}
      </p>
    </li>
  );
}
