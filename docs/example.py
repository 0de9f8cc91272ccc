"""A small classifier and its training loop. It runs, it even learns a little, and it holds five mistakes."""

import torch
import torch.nn as nn
import torch.nn.functional as F  # noqa: N812


class Classifier(nn.Module):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, 64)
        self.output = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return F.softmax(self.output(x), dim=1)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.softmax = nn.Softmax()

    def forward(self, query, key, value):
        weights = self.softmax(query @ key.transpose(-2, -1))
        return weights @ value


def entropy(logits):
    probabilities = torch.softmax(logits, dim=1)
    return -(probabilities * torch.log(torch.softmax(logits, dim=1))).sum(dim=1)


def total_activation(batch):
    total = torch.zeros(batch.size(1))
    for i in range(batch.size(0)):
        total += batch[i]
    return total


def evidence(scores):
    return torch.log(torch.exp(scores).sum(dim=1))


def train(loader, epochs: int = 3) -> None:
    model = Classifier(features=20, classes=5)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        running = 0.0
        for features, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(features), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"epoch {epoch}: loss {running / len(loader):.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    inputs = torch.randn(512, 20)
    targets = inputs[:, :5].argmax(dim=1)
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    train(torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True))
