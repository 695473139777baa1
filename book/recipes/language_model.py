"""Two language models, one with its last layer tied, compared on the same positions."""

from pathlib import Path

import repsim_core as rc
import torch

# Two small transformers in place of yours. They read this book's pages, a character a
# token, in lines that are padded.
PAD = 0
pages = Path(__file__).parents[1].glob("*.md")
text = "\n".join(page.read_text("utf-8") for page in sorted(pages))
vocabulary = ["PAD", *sorted(set(text))]
number = {character: i for i, character in enumerate(vocabulary)}
lines = [line[:64] for line in text.splitlines() if len(line) > 20]
tokens = torch.full((len(lines), 64), PAD)
for row, line in zip(tokens, lines, strict=True):
    row[: len(line)] = torch.tensor([number[character] for character in line])
unseen, seen = tokens[::8], tokens[torch.arange(len(tokens)) % 8 > 0]


class Transformer(torch.nn.Module):
    def __init__(self, width: int, tied: bool, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embed = torch.nn.Embedding(len(vocabulary), width)
        self.place = torch.nn.Embedding(64, width)
        self.layer = torch.nn.TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.norm = torch.nn.LayerNorm(width)
        self.lm_head = torch.nn.Linear(width, len(vocabulary), bias=False)
        if tied:
            self.lm_head.weight = self.embed.weight
        torch.nn.init.normal_(self.embed.weight, std=0.2)

    def hidden_states(self, tokens: torch.Tensor) -> torch.Tensor:
        length = tokens.shape[1]
        mask = torch.nn.Transformer.generate_square_subsequent_mask(length)
        x = self.embed(tokens) + self.place.weight[:length]
        return self.norm(self.layer(x, src_mask=mask, is_causal=True))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.lm_head(self.hidden_states(tokens))


def trained(width: int, tied: bool, seed: int) -> Transformer:
    model = Transformer(width, tied, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(150):
        batch = seen[torch.randint(len(seen), (32,))]
        optimizer.zero_grad()
        logits = model(batch[:, :-1]).transpose(1, 2)
        torch.nn.functional.cross_entropy(
            logits, batch[:, 1:], ignore_index=PAD
        ).backward()
        optimizer.step()
    return model


first, second = (
    trained(width=32, tied=True, seed=0),
    trained(width=48, tied=False, seed=1),
)


# [recipe]
def representations(model, tokens):
    """What enters `lm_head` at each position whose next token is a real one."""
    model.eval()
    with torch.no_grad():
        hidden = model.hidden_states(tokens[:, :-1])  # after the last norm
        logits = model.lm_head(hidden)
    following = tokens[:, 1:]
    real = following != PAD
    a = rc.Representations(hidden[real], model.lm_head.weight.detach(), following[real])
    return a, logits[real]


a, logits = representations(first, unseen)
b, _ = representations(second, unseen)

# The check: softmax of f·g are the model's own probabilities, to rounding.
own = logits.softmax(dim=-1, dtype=torch.float64)
assert torch.allclose(a.log_probs().exp(), own, atol=1e-5)

comparison = rc.compare(a, b)
print(comparison)
