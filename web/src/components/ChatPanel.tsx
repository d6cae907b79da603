// What is written in a call, and the field to write in.
import { useEffect, useRef, useState, type KeyboardEvent, type UIEvent } from "react";
import type { Chat, Written } from "../room/Chat";
import { LONGEST_MESSAGE, withLinks } from "../room/messages";
import { locale, texts } from "../texts";
import { useObservable } from "./hooks";
import { Icon } from "./Icon";
import { Panel } from "./Panel";
import "./ChatPanel.css";

/** Messages of one person that follow each other within this time stand under one name. */
const TOGETHER_MS = 120_000;

/** So near the last message counts as there. */
const END_PX = 40;

const LONGEST_QUOTE = 200;

const timeText = (at: number) => new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(at);

export default function ChatPanel({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const t = texts.chat;
  const { messages } = useObservable(chat.view);
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const [answered, setAnswered] = useState<Written | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
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
    // It may take a moment, in which one writes on.
    setText("");
    setAnswered(null);
    chat.send(text, answered?.key ?? null).then(
      () => setFailed(false),
      () => {
        setFailed(true);
        setText((now) => [text, now].filter(Boolean).join("\n"));
        setAnswered(answered);
      },
    );
  };
  const answer = (message: Written) => {
    setAnswered(message);
    field.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape" && answered) {
      event.stopPropagation(); // the panel stays open
      setAnswered(null);
    }
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
            <Message
              key={message.id}
              message={message}
              alone={message.replyTo !== null || !continues(messages[n - 1], message)}
              answered={message.replyTo === null ? undefined : messages.find(({ key }) => key === message.replyTo)}
              onAnswer={answer}
            />
          ))}
        </ol>
      )}
      {failed && (
        <p className="chat-failed" role="alert">
          {t.failed}
        </p>
      )}
      {answered && (
        <div className="chat-answering" data-testid="chat-answering">
          <Quote message={answered} />
          <button type="button" className="round" aria-label={t.replyNot} title={t.replyNot} onClick={() => setAnswered(null)}>
            <Icon name="close" size={18} />
          </button>
        </div>
      )}
      <form
        className="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          ref={field}
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

interface MessageProps {
  message: Written;
  alone: boolean;
  /** What it answers, if that is here. */
  answered: Written | undefined;
  onAnswer: (message: Written) => void;
}

const idOf = ({ id }: Written) => `chat-${id}`;
const nameOf = ({ mine, name }: Written) => (mine ? texts.call.you : name || texts.call.guest);

function Message({ message, alone, answered, onAnswer }: MessageProps) {
  const { text, at } = message;
  return (
    <li id={idOf(message)} className={alone ? "chat-message chat-alone" : "chat-message"} data-testid="chat-message" tabIndex={-1}>
      {alone && (
        <p className="chat-head">
          <bdi>
            <b>{nameOf(message)}</b>
          </bdi>
          <time dateTime={new Date(at).toISOString()}>{timeText(at)}</time>
        </p>
      )}
      {answered && (
        <button type="button" className="chat-quoted" data-testid="chat-quote" onClick={() => show(answered)}>
          <Quote message={answered} />
        </button>
      )}
      <p className="chat-text" dir="auto">
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
      <button
        type="button"
        className="chat-reply"
        aria-label={texts.chat.replyTo(nameOf(message))}
        title={texts.chat.reply}
        data-testid="chat-reply"
        onClick={() => onAnswer(message)}
      >
        <Icon name="reply" size={16} />
      </button>
    </li>
  );
}

/** The beginning of what is answered. */
function Quote({ message }: { message: Written }) {
  return (
    <span className="chat-quote">
      <bdi>
        <b>{nameOf(message)}</b>
      </bdi>
      <span dir="auto">{message.text.slice(0, LONGEST_QUOTE)}</span>
    </span>
  );
}

function show(message: Written): void {
  const item = document.getElementById(idOf(message));
  item?.scrollIntoView({ block: "center" });
  item?.focus({ preventScroll: true });
}
