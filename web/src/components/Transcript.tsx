// What is said in a film, to be read beside it: a paragraph a passage, to go to, to search and to take along.
import { lazy, useMemo, useRef, useState } from "react";
import type { Archive } from "../api/types";
import { dateText } from "../room/archives";
import { clockText } from "../room/recording";
import { summaryParagraphs, type FilmSummary } from "../room/summary";
import { asMarkdown, fileName, marked, parseTranscript, type Passage } from "../room/transcript";
import { useOwnWords } from "../refusals";
import { texts } from "../texts";
import { copyText, saveText } from "./clipboard";
import { Icon } from "./Icon";
import { Later } from "./Later";
import { jumpFromText, useFilmTime, type Player } from "./useFilm";
import { useJson } from "./useJson";
import "./Moments.css";
import "./Transcript.css";

const CorrectDialog = lazy(() => import("./CorrectDialog"));

interface TranscriptProps {
  archive: Archive;
  summary: FilmSummary | null;
  player: Player;
  secret?: string | undefined;
  onCorrected: () => void;
}

export function Transcript({ archive, summary, player, secret, onCorrected }: TranscriptProps) {
  const [version, setVersion] = useState(0);
  const passages = useJson<Passage[]>(archive.transcriptUrl, parseTranscript, version);
  const t = texts.end;
  const { transcript } = archive;
  const why = useOwnWords(transcript?.reason ?? "");
  const corrected = () => {
    setVersion(version + 1);
    onCorrected();
  };
  if (passages) return <Passages archive={archive} summary={summary} passages={passages} player={player} secret={secret} onCorrected={corrected} />;
  if (!transcript || transcript.status === "available") return null;
  const made = transcript.progress;
  return (
    <p className="transcript-state" role={transcript.status === "failed" ? "note" : undefined} data-testid="transcript-state">
      {transcript.status === "failed" ? t.transcriptFailed(why) : t.transcriptMaking}
      {typeof made === "number" && <progress value={made} max={1} aria-label={t.transcriptMaking} />}
    </p>
  );
}

interface PassagesProps extends TranscriptProps {
  passages: readonly Passage[];
}

function Passages({ archive, summary, passages, player, secret, onCorrected }: PassagesProps) {
  const t = texts.end;
  const now = useFilmTime(player);
  const [sought, setSought] = useState("");
  const [done, setDone] = useState("");
  const [copied, setCopied] = useState(false);
  const [correcting, setCorrecting] = useState<Passage | null>(null);
  const details = useRef<HTMLDetailsElement>(null);
  const shown = useMemo(() => {
    const found = passages.map((passage, number) => ({ ...passage, number, parts: marked(passage.text, sought) }));
    return sought.trim() ? found.filter(({ parts }) => parts.length > 1) : found;
  }, [passages, sought]);
  const current = passages.findLastIndex(({ from }) => from <= now);
  const title = [archive.name, dateText(archive.createdAt)].filter(Boolean).join(", ");
  const markdown = () => asMarkdown(title, passages, summary ? summaryParagraphs(summary, { decisions: t.summaryDecisions, tasks: t.summaryTasks }) : []);
  const copy = () => void copyText(markdown()).then(
    () => (setCopied(true), setDone(t.transcriptCopied)),
    () => (setCopied(false), setDone(t.transcriptNotCopied)),
  );
  // All of it is printed, not only what was sought.
  const print = () => {
    setSought("");
    if (details.current) details.current.open = true;
    requestAnimationFrame(() => window.print());
  };
  return (
    <details className="moments transcript" data-testid="transcript" ref={details}>
      <summary>{t.transcript}</summary>
      {passages.length === 0 ? (
        <p className="transcript-state">{t.transcriptEmpty}</p>
      ) : (
        <>
          <div className="transcript-bar">
            <input
              type="search"
              value={sought}
              placeholder={t.transcriptFind}
              aria-label={t.transcriptFind}
              data-testid="transcript-find"
              onChange={({ currentTarget }) => (setSought(currentTarget.value), setDone(""))}
            />
            <button type="button" className="round" aria-label={t.transcriptCopy} title={t.transcriptCopy} onClick={copy}>
              <Icon name={copied ? "check" : "copy"} size={18} />
            </button>
            <button type="button" className="round" aria-label={t.transcriptMarkdown} title={t.transcriptMarkdown} onClick={() => saveText(fileName(title), markdown())}>
              <Icon name="file" size={18} />
            </button>
            <button type="button" className="round" aria-label={t.transcriptPrint} title={t.transcriptPrint} onClick={print}>
              <Icon name="print" size={18} />
            </button>
            {archive.transcriptTextUrl && (
              <a className="round" href={archive.transcriptTextUrl} download aria-label={t.transcriptText} title={t.transcriptText}>
                <Icon name="download" size={18} />
              </a>
            )}
          </div>
          <p className="unseen" role="status">
            {done || (sought.trim() ? t.transcriptFound(shown.length) : "")}
          </p>
          <ol>
            {shown.map(({ name, from, language, parts, number, corrected: heard }) => (
              <li key={number} className="passage">
                <div className="moment" data-testid="passage" onClick={(click) => jumpFromText(player, from, click)}>
                  <button
                    type="button"
                    className="moment-time"
                    aria-label={`${clockText(from * 1000)} ${name}`}
                    aria-current={number === current ? "true" : undefined}
                  >
                    {clockText(from * 1000)}
                  </button>
                  <p className="moment-what">
                    <b dir="auto">{name}</b>{" "}
                    <span lang={language || undefined} dir="auto">
                      {parts.map((part, n) => (n % 2 ? <mark key={n}>{part}</mark> : part))}
                    </span>
                  </p>
                </div>
                {archive.mayEdit && (
                  <button
                    type="button"
                    className={heard ? "round passage-pen passage-corrected" : "round passage-pen"}
                    aria-haspopup="dialog"
                    aria-label={t.correctLine(name, clockText(from * 1000))}
                    title={heard ? `${t.correctHeard} ${heard.name}: ${heard.text}` : t.correct}
                    data-testid="correct"
                    onClick={() => setCorrecting(passages[number] ?? null)}
                  >
                    <Icon name="pen" size={16} />
                  </button>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
      <Later>
        {correcting && (
          <CorrectDialog
            archiveId={archive.id}
            secret={secret}
            passage={correcting}
            names={[...new Set(passages.map(({ name }) => name))]}
            onCorrected={() => {
              setCorrecting(null);
              setDone(t.correctDone);
              onCorrected();
            }}
            onClose={() => setCorrecting(null)}
          />
        )}
      </Later>
    </details>
  );
}
