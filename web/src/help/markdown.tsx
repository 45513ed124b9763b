import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { CopyButton } from '../components/copy-button.tsx';

/** Matches bold text, code and links inside a line. */
const INLINE = /(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)]+\))/;

function inline(text: string): ReactNode[] {
  return text.split(INLINE).map((part, index) => {
    const key = `${index}-${part}`;
    if (part.startsWith('**')) return <strong key={key}>{part.slice(2, -2)}</strong>;
    if (part.startsWith('`')) return <code key={key}>{part.slice(1, -1)}</code>;
    const [, label, target] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part) ?? [];
    if (!label || !target) return part;
    const page = /^(\w+)\.md$/.exec(target)?.[1];
    return page ? (
      <Link key={key} href={`/help/${page}`}>
        {label}
      </Link>
    ) : (
      label
    );
  });
}

function Code({ text }: { text: string }) {
  return (
    <div className="help-code">
      <pre>{text}</pre>
      <CopyButton text={text} label="Copy" variant="quiet" />
    </div>
  );
}

function Table({ lines }: { lines: readonly string[] }) {
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return (
    <div className="data-frame">
      <table className="data-table">
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, index) => (
                <td key={cell} data-label={head[index]}>
                  {inline(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Block({ text }: { text: string }) {
  const lines = text.split('\n');
  if (text.startsWith('## ')) return <h2>{text.slice(3)}</h2>;
  if (text.startsWith('```')) return <Code text={lines.slice(1, -1).join('\n')} />;
  if (text.startsWith('| ')) return <Table lines={lines} />;
  const items = lines.map((line) => line.replace(/^(?:- |\d+\. )/, ''));
  if (text.startsWith('- ') || text.startsWith('1. ')) {
    const List = text.startsWith('1. ') ? 'ol' : 'ul';
    return (
      <List>
        {items.map((item) => (
          <li key={item}>{inline(item)}</li>
        ))}
      </List>
    );
  }
  return <p>{inline(text)}</p>;
}

/** Splits a text at its blank lines, but not inside code. */
function blocksOf(text: string): string[] {
  return text
    .split(/(```[\s\S]*?```)/)
    .flatMap((part) => (part.startsWith('```') ? [part] : part.split(/\n{2,}/)))
    .map((block) => block.trim())
    .filter((block) => block !== '');
}

/** Returns the first heading of a page. */
export function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? '';
}

/** Shows a page of the documentation, without its title and its pictures of the console. */
export function Markdown({ text }: { text: string }) {
  const blocks = blocksOf(text).filter((block) => !block.startsWith('# ') && !block.startsWith('!['));
  return blocks.map((block) => <Block key={block} text={block} />);
}
